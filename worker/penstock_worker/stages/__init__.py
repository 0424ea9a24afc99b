"""The six verbs, in order: consume, decode, predict, encode, produce, commit."""
