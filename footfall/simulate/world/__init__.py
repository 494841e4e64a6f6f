"""What stands still while people come and go: the shop's pages, the addresses of the world, the programs people use."""
