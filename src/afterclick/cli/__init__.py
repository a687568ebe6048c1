"""The command line: `afterclick <noun> <verb>`, thin over the office."""
