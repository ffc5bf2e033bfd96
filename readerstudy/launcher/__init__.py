"""What ``make`` calls: installing, starting the embedded services, serving, and the tests."""
