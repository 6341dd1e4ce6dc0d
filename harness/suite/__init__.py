"""What a suite is written with: subjects and cases, programs and problems, and how suites are found."""
