// The `pith` program: one subcommand per process role and per shell tool.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>

#include "apps/eval/eval.h"
#include "apps/serve/serve.h"
#include "apps/tools/tools.h"
#include "apps/train/rl/train_rl_command.h"
#include "apps/train/train.h"

int main(int argc, char** argv) {
  CLI::App app("Pith makes prompts shorter on their way to a language model.", "pith");
  app.set_version_flag("--version", "pith " PITH_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Try:  pith serve                      an inline proxy on http://127.0.0.1:8080\n"
      "      pith compress < notes.txt       a shorter text\n"
      "      pith explain notes.txt          which words matter\n"
      "      pith doctor                     what is configured, reachable, wrong\n"
      "Every subcommand has its own --help. Exit status: 0 done, 1 failed, 2 wrong usage or "
      "configuration.");
  std::function<int()> run;
  pith::add_serve(app, run);
  pith::add_proxy(app, run);
  pith::add_compressd(app, run);
  pith::add_compress(app, run);
  pith::add_count(app, run);
  pith::add_explain(app, run);
  pith::add_log(app, run);
  pith::add_train_rl(pith::add_train(app, run), run);
  pith::add_eval(app, run);
  pith::add_doctor(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!run) return 2;
  try {
    const int status = run();
    // Pith's answer may be on a disk that is full: exit status 0 would call it whole.
    if (status != 0 || (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)) return status;
    std::fprintf(stderr, "pith: standard output cannot be written\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pith: %s\n", error.what());
  }
  return 1;
}
