// A process for the memo's tests to kill.
//   memo_child write FILE FIRST     commits for ever, prints the number of each commit that `done`
//   reported memo_child hold DIR             locks a state directory, prints "held", waits for its
//   end memo_child full DIR             fills a tiny tmpfs over DIR; exit 0: behaved, 1: not, 77:
//   may not mount here
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "apps/memo/state_dir.h"
#include "tests/apps/memo/memo_fixture.h"

namespace pith {
namespace {

int write_for_ever(const std::string& file, std::uint32_t number) {
  const auto memo = open_memo(file);
  if (!memo) return 1;
  for (;; ++number) {
    // Several at once, so that groups are cut by the kill, too.
    for (int i = 0; i < 3; ++i, ++number) {
      memo->commit(hash_of("conversation " + std::to_string(number % 4)), {"policy", number},
                   {{hash_of("text " + std::to_string(number)), seeded_form(number)}},
                   [number](const Result<std::vector<SentForm>>& forms) {
                     if (!forms) _exit(1);
                     const std::string line = std::to_string(number) + "\n";
                     if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(1);
                   });
    }
    if (!commit_now(*memo, hash_of("conversation 4"), {"policy", 0}, {})) return 1;
  }
}

int hold(const std::string& dir) {
  const Result<StateDir> state = open_state_dir(dir);
  if (!state) return 1;
  std::puts("held");
  std::fflush(stdout);
  pause();
  return 0;
}

int fill(const std::string& dir) {
  if (unshare(CLONE_NEWNS) != 0 ||
      mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", dir.c_str(), "tmpfs", 0, "size=1m") != 0) {
    return 77;
  }
  std::ofstream ballast(dir + "/ballast");
  ballast << std::string(400 << 10, 'x') << std::flush;
  const auto memo = open_memo(dir + "/memo.db");
  if (!memo) return 1;
  const KeyedHash conversation = hash_of("conversation");
  std::uint32_t number = 1;
  for (; number < 20'000; ++number) {
    SentForm form = seeded_form(number);
    form.decision_id.assign(500, 'd');
    if (!commit_now(*memo, conversation, {"p", 1}, {{hash_of(std::to_string(number)), form}}))
      break;
  }
  if (number == 1 || number == 20'000) return 1;
  const auto found = memo->find(conversation, {hash_of("1"), hash_of(std::to_string(number))});
  if (!found || !(*found)[0] || (*found)[1] || memo->rows() != number - 1) return 1;
  ballast.close();
  std::filesystem::remove(dir + "/ballast");
  return commit_now(*memo, conversation, {"p", 1},
                    {{hash_of(std::to_string(number)), seeded_form(number)}})
             ? 0
             : 1;
}

}  // namespace
}  // namespace pith

int main(int argc, char** argv) {
  const std::string mode = argc > 2 ? argv[1] : "";
  if (mode == "write" && argc == 4) {
    return pith::write_for_ever(argv[2], static_cast<std::uint32_t>(std::stoul(argv[3])));
  }
  if (mode == "hold") return pith::hold(argv[2]);
  if (mode == "full") return pith::fill(argv[2]);
  return 2;
}
