"""What a shell command line would run, told without running it: parsed, looked through, judged for risky arguments."""
