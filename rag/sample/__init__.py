"""The documents of the sample workspace; README.md says where they come from."""
