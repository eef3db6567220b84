"""All sources of a catalogue that is larger than the memory, part by part."""
