"""What comes from outside as drafts: Word documents and what lies in the drop folder."""
