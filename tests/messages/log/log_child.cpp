// A process for the log's tests to kill: log_child FILE FIRST appends rewards for ever and prints
// the number of each that was acknowledged.
#include <unistd.h>

#include <string>

#include "tests/messages/log/log_fixture.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto log = pith::open_sqlite_log(std::string(argv[1]));
  if (!log) return 1;
  for (auto number = static_cast<std::uint32_t>(std::stoul(argv[2]));; number += 4) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      (*log)->append(pith::sample_decision(number + i));
      (*log)->append(pith::sample_reward(number + i),
                     [number, i](const pith::Result<bool>& is_new) {
                       if (!is_new) _exit(1);
                       const std::string line = std::to_string(number + i) + "\n";
                       if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(1);
                     });
    }
    (*log)->flush();
  }
}
