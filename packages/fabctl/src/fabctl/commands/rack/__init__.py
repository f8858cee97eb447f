"""The commands of racks, one file each; a file is imported when its command runs."""
