"""A trained model in the formats of other runtimes, each proved equal in that runtime."""
