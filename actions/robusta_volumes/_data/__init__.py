"""Generated copies of playbooks and Helm values, so that the wheel carries them."""
