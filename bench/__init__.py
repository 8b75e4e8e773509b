"""The benchmark programs; the README beside this file says what they measure."""
