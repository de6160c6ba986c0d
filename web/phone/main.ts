// The page stands beside src/ so that its build has its own root; the code is where all code is.
import "../src/phone/main";
