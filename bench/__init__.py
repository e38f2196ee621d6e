"""The measurements that the README quotes. Each is a program: `python -m bench.year`."""
