"""What the checks look with: patterns of what must stand nowhere, a search in many bytes, a watch on this process's own calls."""
