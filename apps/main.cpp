// The `pith` program: one subcommand per process role.
int main() { return 2; }
