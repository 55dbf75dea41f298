"""What the lessons on project setup need, and no other."""
