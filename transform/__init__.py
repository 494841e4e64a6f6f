"""Columns in, columns that may be stored out: pure, without network, clock or environment."""
