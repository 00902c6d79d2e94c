"""HTTP: what every face over it shares, and the server itself."""
