"""Search engines of the web: rows of data, requests made of them and answers read by them. Pure."""
