"""What the report's tests stand on: releases in few words, a sample site, a reader of pages and a visit to one."""
