"""The pages of governance: what waits for people, what was asked, what runs, and the rules of it all."""
