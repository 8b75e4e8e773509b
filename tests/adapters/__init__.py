"""The adapters, against real servers, folders and sockets."""
