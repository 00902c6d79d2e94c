"""Music: the back end of a music-streaming product, on Antiphon."""
