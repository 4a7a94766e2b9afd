"""The server's and its workers' log lines on disk, to be read and followed over REST."""
