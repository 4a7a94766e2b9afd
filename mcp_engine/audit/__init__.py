"""The transparency log: each change leaves a leaf in a signed Merkle tree (RFC 6962/9162, C2SP tlog-checkpoint)."""
