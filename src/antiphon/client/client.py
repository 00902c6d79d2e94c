"""The client: read, write, follow."""



