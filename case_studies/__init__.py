"""Complete systems, one package each. They import `mlsd_lib` and never each other."""
