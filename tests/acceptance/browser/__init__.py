"""Pages in Chromium. It is a package so that its tests can share what takes long to start."""
