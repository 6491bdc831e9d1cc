"""What a chapter needs besides its science: figures, recorded values, checks, tables, sliders."""
