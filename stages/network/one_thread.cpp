#include "stages/network/one_thread.h"

#include <omp.h>

namespace pith {

void use_one_thread() {
  // OpenMP keeps the number of threads per calling thread.
  thread_local const bool done = [] {
    omp_set_num_threads(1);
    return true;
  }();
  (void)done;
}

}  // namespace pith
