"""What changes are judged by and is kept elsewhere: Prometheus, and documents of web servers."""
