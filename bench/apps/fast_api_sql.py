"""A FastAPI application with SQLAlchemy: items of a table, as JSON."""
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

engine = create_engine('sqlite://', poolclass=StaticPool, connect_args={'check_same_thread': False})


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = 'items'
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))


class ItemOut(BaseModel):
    id: int
    name: str


@asynccontextmanager
async def lifespan(app):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Item(name='item %d' % number) for number in range(20))
        session.commit()
    yield


def session():
    with Session(engine) as made:
        yield made


app = FastAPI(lifespan=lifespan)


@app.get('/')
def items(session: Session = Depends(session)) -> list[ItemOut]:
    return [ItemOut(id=item.id, name=item.name) for item in session.scalars(select(Item))]
