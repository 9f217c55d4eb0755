"""The hall: settings, wiring, life, command line. It knows every room, and the door to alerts."""
