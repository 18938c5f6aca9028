"""File: a recording, its pictures, its timeline and its verdict."""
