"""What people say of outputs, and what that says of the judges that scored the same ones."""
