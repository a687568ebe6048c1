"""The kit of the web application: server, pages and their parts."""
