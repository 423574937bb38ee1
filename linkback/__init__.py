"""The domain of linkbacks: protocols, pages, verdicts and feeds, without a server or a process."""
