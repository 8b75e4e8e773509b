"""What `signoff doctor` examines, one file per thing that may be ill."""
