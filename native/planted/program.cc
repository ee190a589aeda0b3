// torchwing_planted_bugs NAME
#include "planted_bugs.h"

int main(int count, char** arguments) {
  return count == 2 && torchwing::plantBug(arguments[1]) ? 0 : 2;
}
