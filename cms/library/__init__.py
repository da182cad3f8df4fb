"""The library: asset rows over the files of `media`, and the renditions that channels draw."""
