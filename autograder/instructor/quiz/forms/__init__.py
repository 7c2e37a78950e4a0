"""Who gets which questions, and the sheets on which they stand: Markdown to fill in, pages to print."""
