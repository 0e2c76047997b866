package main

import (
	"fmt"
	"net"
	"os"
)

// Go rejects unused imports. Delete these two lines once your code uses both.
var _ = net.Listen
var _ = os.Exit

func main() {
	// The tester shows what your program prints.
	fmt.Println("The server starts.")

	// ---- Stage 1: uncomment the lines from here to the end mark ----
	// listener, err := net.Listen("tcp", "127.0.0.1:4221")
	// if err != nil {
	// 	fmt.Println(err)
	// 	os.Exit(1)
	// }
	// connection, err := listener.Accept()
	// if err != nil {
	// 	fmt.Println(err)
	// 	os.Exit(1)
	// }
	// fmt.Println(connection.RemoteAddr(), "has connected.")
	// ---- End of stage 1 ----
}
