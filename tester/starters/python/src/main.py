import socket


def main():
    # The tester shows what your program prints.
    print("The server starts.")

    # ---- Stage 1: uncomment the lines from here to the end mark ----
    # listener = socket.create_server(("127.0.0.1", 4221))
    # connection, client = listener.accept()
    # print(f"{client} has connected.")
    # ---- End of stage 1 ----


if __name__ == "__main__":
    main()
