"""What turns a recording into weights: one file a method, or a folder if it needs several."""
