"""Encoders for the variants of image formats that Pillow reads and does not write."""
