"""Watches and lists: what the cluster says, into the state. kopf lives here."""
