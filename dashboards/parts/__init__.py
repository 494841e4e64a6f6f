"""What all panels are made of: escaped markup, the frame, the tables. It knows the figures and no panel."""
