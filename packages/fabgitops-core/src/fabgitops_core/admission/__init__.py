"""What a real API server would say to a manifest, without one: its definitions and its policy, judged here."""
