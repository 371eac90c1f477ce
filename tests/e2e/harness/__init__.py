"""What the end-to-end tests drive: a real parleyd, real phones (baresip), SIPp, and sums over audio."""
