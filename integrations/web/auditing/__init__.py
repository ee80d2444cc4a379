"""What auditors take with them: populations of what was done, each as a file that states what was asked."""
